import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { inTransaction } from '#database/transaction'
import { notifyAll } from '#notifications/notify'
import type { Signed } from './people.js'

/** When the notification of somebody was committed, in milliseconds since 1970. */
export type Told = [userId: string, at: number]

/**
 * Tells people something, as operations do.
 *
 * @param file of `people.ts`
 * @param at `once`: all of them in one transaction; or that many, one after the other
 */
export async function run(file: string, at: string): Promise<Told[]> {
  const people = JSON.parse(await readFile(file, 'utf8')) as Signed[]
  const told: Told[] = []
  if (at === 'once') told.push(...(await tell(people)))
  else {
    for (let i = 0; i < Number(at); i++) {
      told.push(...(await tell([people[Math.floor(Math.random() * people.length)]])))
      await sleep(5)
    }
  }
  // The word goes out after the commit, and is lost with a process that ends in between.
  await sleep(1000)
  return told
}

async function tell(people: Signed[]): Promise<Told[]> {
  let committed = 0
  await inTransaction(async (trx) => {
    trx.after('commit', () => void (committed = performance.timeOrigin + performance.now()))
    await notifyAll(
      trx,
      people.map(({ id }) => ({
        userId: id,
        kind: 'chargeback.evidence_sent',
        data: { project_id: id, project_title: 'A website', transaction_id: id },
      }))
    )
  })
  return people.map(({ id }) => [id, committed])
}
