/**
 * `npm run image`: builds the image of production, looks at what is in it, starts it as an orchestrator would
 * (no rights, nothing to write to), has it do the main job, and stops it. Reports sizes and times.
 */
import { checkImage, runImage } from './surroundings/image/check.js'
import { findEngine } from './surroundings/image/engine.js'
import { buildImage } from './surroundings/image/build.js'
import { temporarySurroundings } from './surroundings/temporary.js'
import { untilDone } from './surroundings/until_done.js'

await untilDone(async (run) => {
  const engine = findEngine()
  run.atEnd(() => engine.close())
  const surroundings = await temporarySurroundings(run, 'image', 'production')
  const seconds = await buildImage(engine, surroundings)
  const sizes = await checkImage(engine)
  const times = await runImage(engine, surroundings, run)
  console.log(
    `built with ${engine.name}: base images ${seconds.base} s, image ${seconds.build} s\n` +
      `${sizes}\n${times}`
  )
  return 0
})
