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

/** A small picture of a web page. */
export async function picture(name: string, index: number): Promise<DemoFile> {
  const colour = HUES[index % HUES.length]
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400">
    <rect width="640" height="400" fill="#f4f2ee"/><rect width="640" height="56" fill="${colour}"/>
    <rect x="32" y="88" width="360" height="28" fill="#333"/><rect x="32" y="140" width="576" height="12" fill="#aaa"/>
    <rect x="32" y="168" width="520" height="12" fill="#aaa"/><rect x="32" y="216" width="272" height="140" fill="${colour}"/>
    <rect x="336" y="216" width="272" height="140" fill="#ddd"/></svg>`
  const bytes = await sharp(Buffer.from(drawing)).png({ palette: true }).toBuffer()
  return { name, type: 'image/png', bytes }
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
