import { waitFor } from '../../bin/surroundings/wait.js'

/** A process of Node that was started with `--inspect-port`. */
export interface Inspected {
  pid: number
  inspectPort: number
}

/**
 * Has a process collect its garbage, and answers how many bytes it keeps: objects, and the buffers that they hold.
 * Memory in RAM says nothing about a leak: Node lets garbage lie while there is room.
 *
 * Its inspector is opened for that only, because a process that is watched is slower.
 */
export async function keptBytes({ pid, inspectPort }: Inspected): Promise<number> {
  process.kill(pid, 'SIGUSR1')
  const url = await waitFor(`the inspector of process ${pid}`, async () => {
    const answer = await fetch(`http://127.0.0.1:${inspectPort}/json/list`).catch(() => undefined)
    const targets = (await answer?.json()) as { webSocketDebuggerUrl: string }[] | undefined
    return targets?.[0]?.webSocketDebuggerUrl
  })
  const socket = new WebSocket(url)
  await new Promise((open, failed) => Object.assign(socket, { onopen: open, onerror: failed }))
  try {
    // What waited for a finalizer is garbage only the second time.
    for (let time = 0; time < 2; time++) await ask(socket, 'HeapProfiler.collectGarbage')
    const { usedSize, backingStorageSize } = await ask(socket, 'Runtime.getHeapUsage')
    return usedSize + backingStorageSize
  } finally {
    socket.close()
  }
}

/** One question at a time. */
function ask(socket: WebSocket, method: string): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      const { id, result, error } = JSON.parse(data)
      if (error) reject(new Error(`${method}: ${error.message}`))
      else if (id === 1) resolve(result)
    }
    socket.onclose = () => reject(new Error(`${method}: the process has gone.`))
    socket.send(JSON.stringify({ id: 1, method }))
  })
}
