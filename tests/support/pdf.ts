import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'

export interface ReadPdf {
  /** The words of each page, in the order in which they are set, one blank between two. */
  pages: string[]
  text: string
  info: Record<string, any>
  lang: string | null
  id: string
  /** What a reader would do or offer to do: scripts, links, forms. */
  active: number
}

/** Reads a PDF as any reader does. */
export async function readPdf(bytes: Uint8Array): Promise<ReadPdf> {
  const task = getDocument({ data: new Uint8Array(bytes), verbosity: 0 })
  const document = await task.promise
  const pages: string[] = []
  let active = Object.keys((await document.getJSActions()) ?? {}).length
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number)
    const { items } = await page.getTextContent()
    active += (await page.getAnnotations()).length
    const words = items.map((item) => ('str' in item ? item.str : ''))
    pages.push(words.join(' ').replace(/\s+/g, ' '))
  }
  const { info } = (await document.getMetadata()) as { info: Record<string, any> }
  const id = document.fingerprints[0]!
  await task.destroy()
  return { pages, text: pages.join(' '), info, lang: info.Language ?? null, id, active }
}
