/** What `GET /api/projects` is measured against: as little as gives the same bytes. */
import Fastify from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const server = Fastify()

const LIST = `
  SELECT p.id, p.title, p.description, p.total_amount, p.currency, p.status, p.created_at, p.deadline,
    f.id AS freelancer_id, f.first_name AS freelancer_first, f.last_name AS freelancer_last,
    c.id AS client_id, c.first_name AS client_first, c.last_name AS client_last
  FROM projects p
  JOIN users c ON c.id = p.client_id
  LEFT JOIN users f ON f.id = p.freelancer_id
  WHERE p.client_id = $1
  ORDER BY p.id DESC
  LIMIT $2
`

server.get<{ Querystring: { user: string; limit: string } }>('/projects', async ({ query }) => {
  const limit = Number(query.limit)
  const { rows } = await pool.query(LIST, [query.user, limit + 1])
  const hasMore = rows.length > limit
  if (hasMore) rows.pop()
  return {
    data: rows.map((row) => ({
      id: row.id,
      title: row.title,
      description: row.description,
      client: { id: row.client_id, name: `${row.client_first} ${row.client_last}` },
      freelancer: { id: row.freelancer_id, name: `${row.freelancer_first} ${row.freelancer_last}` },
      total_amount: `${row.total_amount.slice(0, -2)}.${row.total_amount.slice(-2)}`,
      currency: row.currency,
      status: row.status,
      created_at: row.created_at.toISOString(),
      deadline: row.deadline.toISOString(),
    })),
    meta: {
      next_cursor: hasMore
        ? Buffer.from(rows.at(-1).id.replaceAll('-', ''), 'hex').toString('base64url')
        : null,
      has_more: hasMore,
    },
  }
})

await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
