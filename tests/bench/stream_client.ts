/**
 * Holds many streams of notifications open, in a process of its own, and notes when what arrives. It is
 * asked by HTTP: `GET /open`, `GET /heard`.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { Signed } from './people.js'

/** Streams that are being opened at a time. */
const AT_A_TIME = 50

/** What arrived: whose, which number, and when, in milliseconds since 1970. */
export type Heard = [userId: string, seq: number, at: number]

const { env } = process
const people = JSON.parse(readFileSync(env.PEOPLE!, 'utf8')) as Signed[]
const state = { open: 0, ended: 0, refused: [] as string[] }
const heard: Heard[] = []

function open({ id, token }: Signed): Promise<void> {
  return new Promise((opened) => {
    const socket = connect(Number(env.WEB_PORT), '127.0.0.1')
    let rest = ''
    let isOpen = false
    socket.setEncoding('utf8')
    socket.write(
      `GET /__transmit/events?uid=${randomUUID()} HTTP/1.1\r\nHost: bench\r\n` +
        `Authorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`
    )
    socket.on('data', (chunk: string) => {
      const at = performance.timeOrigin + performance.now()
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      if (!isOpen) {
        isOpen = true
        if (lines[0]?.startsWith('HTTP/1.1 200')) state.open++
        else state.refused.push(lines[0] ?? '')
        opened()
      }
      for (const line of lines) {
        // Each piece of data is a chunk of its own on the wire, so that its line is whole.
        if (!line.startsWith('data: ')) continue
        const { payload } = JSON.parse(line.slice('data: '.length))
        if (payload.seq) heard.push([id, payload.seq, at])
      }
    })
    socket.on('error', (error) => state.refused.push(error.message))
    socket.on('close', () => {
      state.ended++
      opened()
    })
  })
}

createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(request.url === '/heard' ? heard.splice(0) : state))
}).listen(Number(env.PORT), '127.0.0.1')

const waiting = people.values()
await Promise.all(
  Array.from({ length: AT_A_TIME }, async () => {
    for (const person of waiting) await open(person)
  })
)
