/** Picks a port as our commands do, prints it, and waits to be killed; it never listens there. */
import { freePort } from '../../bin/surroundings/ports.js'

console.log(await freePort())
setInterval(() => {}, 1000)
