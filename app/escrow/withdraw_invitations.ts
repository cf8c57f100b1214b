import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { aboutProject } from '#escrow/about'
import type { NewNotification } from '#notifications/notify'
import type Project from '#models/project'
import type User from '#models/user'

/**
 * Withdraws a project's invitation that waits for an answer, if there is one.
 *
 * @param by the client, whom the words name
 * @param again an address that is being invited anew: its owner is told that, and not of the old one
 * @returns what to tell whom, for those who have an account
 */
export async function withdrawInvitations(
  trx: TransactionClientContract,
  project: Project,
  { by, again }: { by: User; again?: string }
): Promise<NewNotification[]> {
  const { rows } = await trx.rawQuery(
    `WITH withdrawn AS (
       UPDATE invitations SET status = 'revoked', responded_at = now()
        WHERE project_id = ? AND status = 'pending' RETURNING email
     )
     SELECT u.id FROM withdrawn JOIN users u USING (email)
      WHERE u.user_type = 'freelancer' AND u.email <> ?`,
    [project.id, again ?? '']
  )
  return rows.map(({ id }: { id: string }) => ({
    userId: id,
    kind: 'invitation.withdrawn' as const,
    data: { ...aboutProject(project), invited_by: by.displayName, by_id: by.id },
  }))
}
