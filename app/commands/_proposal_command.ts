import { flags } from '@adonisjs/core/ace'
import type { ApprovalKind } from '#approvals/approval_kind'
import { Problem } from '#exceptions/problem'
import { EXIT, OperatorCommand } from './_operator_command.js'

/** A command that proposes what takes two people. The second one is at the console, never at the shell. */
export abstract class ProposalCommand extends OperatorCommand {
  @flags.string({
    description: 'E-mail address of the member of the staff who proposes it',
    required: true,
  })
  declare by: string

  @flags.string({ description: 'Why', required: true })
  declare reason: string

  protected async propose<Content extends object>(
    kind: ApprovalKind<Content>,
    subjectId: string,
    content: Content
  ): Promise<void> {
    const reason = this.words('reason', this.reason)
    const { activeStaff } = await import('#staff/find_active')
    const { propose } = await import('#approvals/propose')
    const { whereToApprove } = await import('#approvals/where_to_approve')
    const { ProviderFailure } = await import('#payments/provider')
    try {
      const { id: by } = await activeStaff(this.by)
      const approval = await propose(kind, { subjectId, content, by, reason, via: 'command_line' })
      this.logger.success(whereToApprove(approval))
    } catch (error) {
      if (error instanceof Problem) this.exitCode = EXIT.broken
      else if (error instanceof ProviderFailure) this.exitCode = EXIT.noAnswer
      else throw error
      this.logger.error(error.message)
    }
  }
}
