/** What the caller sees instead of the real answer. */
export type FaultKind = 'timeout' | 'reset' | 500 | 429 | 'malformed'

export interface FaultPlan<Params = Record<string, unknown>> {
  /** Before the request has any effect, or after it had it and its answer was stored. */
  at: 'before' | 'after'
  with: FaultKind
  /** How many requests are hit. Default 1. */
  times?: number
  /** Which requests are hit; all of the route if left out. */
  match?: (params: Params) => boolean
}

/** A request that waits until it is released. */
export interface Hold {
  /** Resolves when a request has come to the point where it waits. */
  arrived: Promise<void>
  /** Lets it go on. Before it arrived, cancels the hold. */
  release(): void
}

/** What a fault can hit: a request, read but not yet judged. */
export interface Target<Params = Record<string, unknown>> {
  method: string
  path: string
  template: string
  params: Params
}

interface PlannedHold {
  on: string
  at: 'before' | 'after'
  arrive(): void
  released: Promise<void>
}

/** The plan of what goes wrong next, in the order in which it was asked for. */
export class Faults<Params, Plan extends FaultPlan<Params> = FaultPlan<Params>> {
  #planned: { on: string; plan: Plan; left: number }[] = []
  #holds: PlannedHold[] = []
  #releases = new Set<() => void>()

  /** @param on method and path, either literal or the template (`POST /v1/transfers/{transfer}`) */
  plan(on: string, plan: Plan): void {
    this.#planned.push({ on, plan, left: plan.times ?? 1 })
  }

  /** The fault that hits this request, used up by it. */
  take(target: Target<Params>): Plan | undefined {
    const hit = this.#planned.find(
      ({ on, plan, left }) =>
        left > 0 && matches(on, target) && (plan.match?.(target.params) ?? true)
    )
    if (hit) hit.left -= 1
    return hit?.plan
  }

  /** Makes the next request of a route wait. */
  hold(on: string, at: 'before' | 'after' = 'after'): Hold {
    const arrived = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const planned = { on, at, arrive: arrived.resolve, released: released.promise }
    this.#holds.push(planned)
    const release = () => {
      this.#holds = this.#holds.filter((hold) => hold !== planned)
      this.#releases.delete(release)
      released.resolve()
    }
    this.#releases.add(release)
    return { arrived: arrived.promise, release }
  }

  /** Waits if a hold was asked for this point of the request. */
  async pause(at: 'before' | 'after', target: Target<Params>): Promise<void> {
    const hold = this.#holds.find((each) => each.at === at && matches(each.on, target))
    if (!hold) return
    this.#holds = this.#holds.filter((each) => each !== hold)
    hold.arrive()
    await hold.released
  }

  clear(): void {
    this.#planned = []
    for (const release of this.#releases) release()
  }
}

function matches(on: string, { method, path, template }: Target<unknown>): boolean {
  const [wantedMethod, wantedPath] = on.split(' ')
  if (wantedMethod !== method) return false
  const anyName = (text: string) => text.replaceAll(/\{[^}]*\}|:[a-z_]+/g, '{}')
  return wantedPath === path || anyName(wantedPath) === anyName(template)
}
