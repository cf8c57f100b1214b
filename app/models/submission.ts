import { SubmissionSchema } from '#database/schema'

export default class Submission extends SubmissionSchema {}
