import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import PDFDocument from 'pdfkit'
import sharp from 'sharp'

export interface DemoFile {
  name: string
  type: string
  bytes: Buffer
}

/** A file as a browser's form sends it, without a browser. */
export async function formWith({ name, type, bytes }: DemoFile): Promise<IncomingMessage> {
  const form = new FormData()
  form.set('file', new File([new Uint8Array(bytes)], name, { type }))
  const { headers, body } = new Response(form)
  const request = Readable.fromWeb(body as never)
  // What an upload is watched with; nobody is at the other end who could be slow.
  const socket = { setTimeout: () => socket, on: () => socket, off: () => socket }
  return Object.assign(request, {
    headers: { 'content-type': headers.get('content-type')! },
    socket,
  }) as never
}

const HUES = ['#2f6f73', '#8a4f7d', '#b0712d', '#3f5f8f']

/** A small picture of a web page. Of rectangles, since this application reads no drawings (SVG). */
export async function picture(name: string, index: number): Promise<DemoFile> {
  const colour = HUES[index % HUES.length]
  const bytes = await sharp(rectangle(640, 400, '#f4f2ee'))
    .composite([
      { input: rectangle(640, 56, colour), left: 0, top: 0 },
      { input: rectangle(360, 28, '#333333'), left: 32, top: 88 },
      { input: rectangle(576, 12, '#aaaaaa'), left: 32, top: 140 },
      { input: rectangle(520, 12, '#aaaaaa'), left: 32, top: 168 },
      { input: rectangle(272, 140, colour), left: 32, top: 216 },
      { input: rectangle(272, 140, '#dddddd'), left: 336, top: 216 },
    ])
    .png({ palette: true })
    .toBuffer()
  return { name, type: 'image/png', bytes }
}

function rectangle(width: number, height: number, background: string) {
  return { create: { width, height, channels: 3 as const, background } }
}

export function letter(name: string, words: string): DemoFile {
  return { name, type: 'text/plain', bytes: Buffer.from(`${words}\n`) }
}

export async function paper(name: string, words: string): Promise<DemoFile> {
  const document = new PDFDocument({ size: 'A5' })
  document.fontSize(12).text(words)
  document.end()
  return { name, type: 'application/pdf', bytes: await buffer(document) }
}
