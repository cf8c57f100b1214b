/**
 * Routes live in one file per part of the API; the framework's trailing-slash handling makes
 * `/api/x` and `/api/x/` the same route.
 */
import './routes/auth.js'
import './routes/projects.js'
import './routes/payments.js'
import './routes/disputes.js'
import './routes/payout_accounts.js'
import './routes/papers.js'
import './routes/webhooks.js'
import './routes/notifications.js'
import './routes/files.js'
import './routes/streams.js'
import './routes/health.js'
import './routes/privacy.js'
import './routes/documents.js'
import './routes/site.js'
import './routes/console.js'
