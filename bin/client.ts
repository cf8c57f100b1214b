/** `npm run client`: writes `client/schema.d.ts` and what it is made from, out of the code. */
import { generate } from './surroundings/generate.js'
import { temporarySurroundings } from './surroundings/temporary.js'
import { untilDone } from './surroundings/until_done.js'

await untilDone(async (run) => {
  const { processes, dir } = await temporarySurroundings(run, 'generated', 'development')
  await generate(processes, dir)
  console.log('client/schema.d.ts is up to date; client/index.ts shows its use.')
  return 0
})
