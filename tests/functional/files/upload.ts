import { once } from 'node:events'
import { utimesSync } from 'node:fs'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type User from '#models/user'
import { tokenOf } from '#tests/support/users'
import { waitFor } from '../../../bin/surroundings/wait.js'

/** One file on its way to the API, in pieces, under control of the test. */
export class Upload {
  answered = false
  #answer: Promise<{ status: number; body: any }>

  private constructor(
    private sending: ClientRequest,
    private tail: string
  ) {
    this.#answer = this.#read()
    this.#answer.then(
      () => (this.answered = true),
      () => {}
    )
  }

  /** @param options.size of the file, declared in advance where the request is not `chunked`, the default */
  static async start(
    by: User,
    path: string,
    { chunked = true, size = 0, boundary = 'limit', field = 'file', port = process.env.PORT } = {}
  ): Promise<Upload> {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="f"\r\n\r\n`
    const tail = `\r\n--${boundary}--\r\n`
    const sending = request({
      host: process.env.HOST,
      port,
      path: `/api/${path}`,
      method: 'POST',
      headers: {
        'authorization': `Bearer ${await tokenOf(by)}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
        ...(!chunked && { 'content-length': head.length + size + tail.length }),
      },
    })
    sending.on('error', () => {})
    sending.write(head)
    return new Upload(sending, tail)
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.sending.write(bytes)) return
    await Promise.race([once(this.sending, 'drain'), this.#answer])
  }

  async finish(): Promise<{ status: number; body: any }> {
    this.sending.end(this.tail)
    return this.#answer
  }

  answer(): Promise<{ status: number; body: any }> {
    return this.#answer
  }

  breakOff(): void {
    this.sending.destroy()
  }

  until(holds: () => Promise<boolean>): Promise<true> {
    return waitFor('the upload to be noticed', async () => (await holds()) && (true as const), {
      withinMs: 5000,
      everyMs: 10,
    }) as Promise<true>
  }

  async #read(): Promise<{ status: number; body: any }> {
    const [response] = (await once(this.sending, 'response')) as [IncomingMessage]
    return { status: response.statusCode!, body: JSON.parse(await text(response)) }
  }
}

/** Makes a file of the `fs` disk two days old. */
export function age(key: string): void {
  const then = new Date(Date.now() - 2 * 24 * 3600 * 1000)
  utimesSync(join(process.env.DRIVE_ROOT!, key), then, then)
}
