/** Tells the demo, step by step. */
export class Story {
  steps = 0

  /** A step that was done, by whom. */
  tell(who: string, what: string): void {
    this.steps += 1
    console.log(`${String(this.steps).padStart(3)}  ${who.padEnd(10)} ${what}`)
  }

  heading(text: string): void {
    console.log(`\n${text}`)
  }
}
