import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import { Mailbox } from '../../bin/demo/mailbox.js'

test('the demo finds a link in the newest e-mail, and reads none that is being written', async ({
  assert,
  cleanup,
}) => {
  const dir = await mkdtemp(join(tmpdir(), 'mailbox-'))
  cleanup(() => rm(dir, { recursive: true }))
  const mail = (token: string) =>
    JSON.stringify({ to: 'clara@example.com', text: `#token=${token}` })
  await writeFile(join(dir, '2026-01-01-a.json'), mail('old'))
  await writeFile(join(dir, '2026-01-02-b.json'), mail('new'))
  // It was there when the folder was listed, and has its name by now.
  await symlink(join(dir, 'gone'), join(dir, '2026-01-03-c.json.part'))

  const mailbox = new Mailbox(dir, new AbortController().signal)
  assert.equal(await mailbox.find('clara@example.com', /#token=(\w+)/), 'new')
})
