import { appUrl } from '#config/app'

/** The folder of avatars on the disk. */
export const AVATARS = 'avatars'

/**
 * Where a picture is shown to whoever knows its address, which the owner and who sees the profile are
 * told. Nobody else can guess it, and the next picture has another.
 *
 * @param name of the file in `AVATARS`
 */
export function avatarUrl(name: string | null | undefined): string | null {
  return name ? `${appUrl}/avatars/${name}` : null
}
