/** Entry point of `node ace`. The production build replaces this file with one that needs no compiler. */
import '@poppinss/ts-exec'

await import('./bin/console.js')
