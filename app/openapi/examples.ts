import type { RecordedExample } from '#openapi/build_document'

/** Requests that were accepted and what they were answered with. */
export const recordedExamples: Record<string, readonly RecordedExample[]> = {}
