import type { Job } from '#jobs/queue'

/** Every job there is. A worker works these and nothing else. */
export const jobs: Job[] = []
