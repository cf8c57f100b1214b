import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import drive from '@adonisjs/drive/services/main'
import redis from '@adonisjs/redis/services/main'
import env from '#start/env'
import { smtpOptions } from '#config/mail'
import { AzureBlobDriver } from '#drive/azure_blob_driver'
import { QUEUE_SCHEMA } from '#jobs/queue'

/**
 * Parts that SafeSend does without for a while: each fails here when it does not answer. Requests go on without
 * them, with fewer files, later mails, and limits that each process counts alone.
 */

/** Files can be written: the folder, or the container. */
export async function checkStorage(): Promise<void> {
  const { driver } = drive.use()
  if (driver instanceof AzureBlobDriver) return driver.check()
  const folder = app.makePath(env.get('DRIVE_ROOT') ?? 'storage')
  await mkdir(folder, { recursive: true })
  await access(folder, constants.W_OK)
}

/** By the connection that requests use: it says soon that there is no answer. */
export async function checkRedis(): Promise<void> {
  await redis.connection('limiter').ping()
}

/** The mail server greets. Nobody signs in: that many sign-ins would look like an attack. */
export async function checkMail(): Promise<void> {
  const { host, port, secure } = smtpOptions({
    host: env.get('SMTP_HOST'),
    port: env.get('SMTP_PORT'),
    username: env.get('SMTP_USERNAME'),
    tls: env.get('SMTP_TLS'),
  })
  const socket = connect({ host, port, timeout: 2500 })
  socket.once('timeout', () => socket.destroy(new Error('the mail server says nothing')))
  try {
    await once(socket, 'connect')
    // Encrypted from the first byte on, it would wait for us to begin.
    if (secure) return
    const [greeting] = await once(socket, 'data')
    if (!String(greeting).startsWith('220')) throw new Error('the mail server turns us away')
    socket.write('QUIT\r\n')
  } finally {
    socket.on('error', () => {})
    socket.end()
  }
}

/** Some worker was heard of within three of its heartbeats. */
export async function checkWorker(): Promise<void> {
  const { rows } = await db.rawQuery(
    `SELECT 1 FROM ${QUEUE_SCHEMA}.instance
      WHERE name = 'worker' AND stopped_on IS NULL
        AND heartbeat_on > now() - heartbeat_seconds * interval '3 seconds' LIMIT 1`
  )
  if (rows.length === 0) throw new Error('no worker has been heard of: start node ace queue:work')
}
