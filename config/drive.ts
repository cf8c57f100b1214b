import string from '@adonisjs/core/helpers/string'
import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import { defineConfig } from '@adonisjs/drive'
import type { InferDriveDisks } from '@adonisjs/drive/types'
import { FSDriver } from 'flydrive/drivers/fs'
import env from '#start/env'
import { appUrl } from '#config/app'
import { AzureBlobDriver } from '#drive/azure_blob_driver'

/** The route that serves files of the `fs` disk to whoever has a signed URL; see `files_controller`. */
export const FILES_ROUTE = '/files/*'

/** Drive signs by pattern; the types of it know only names. */
type SignPattern = (
  pattern: string,
  params: Record<string, string[]>,
  options: { qs: object; expiresIn?: string | number; prefixUrl: string; disableRouteLookup: true }
) => string

const disk = env.get('DRIVE_DISK', 'fs')
const connectionString = env.get('AZURE_STORAGE_CONNECTION_STRING')?.release() ?? ''

/**
 * Nothing on either disk is public: files leave by signed URLs that expire, or through a controller.
 * Drive's own file server is not used, as its route takes no middleware and answers no problems.
 */
const driveConfig = defineConfig({
  default: disk,
  services: {
    fs: () =>
      new FSDriver({
        location: app.makePath(env.get('DRIVE_ROOT') ?? 'storage'),
        visibility: 'private',
        urlBuilder: {
          async generateSignedURL(key, _, { expiresIn, ...headers }) {
            // Drive's numbers are seconds, the router's are milliseconds.
            const lifetime =
              expiresIn === undefined ? undefined : string.seconds.parse(expiresIn) * 1000
            // By its pattern: a job signs as well, and has no routes whose names could be looked up.
            const sign = router.urlBuilder.signedUrlFor as unknown as SignPattern
            return sign(
              FILES_ROUTE,
              { '*': key.split('/') },
              { qs: headers, expiresIn: lifetime, prefixUrl: appUrl, disableRouteLookup: true }
            )
          },
        },
      }),

    azure: () =>
      new AzureBlobDriver({
        connectionString,
        container: env.get('AZURE_STORAGE_CONTAINER') ?? 'safesend',
        visibility: 'private',
      }),
  },
})

export default driveConfig

declare module '@adonisjs/drive/types' {
  export interface DriveDisks extends InferDriveDisks<typeof driveConfig> {}
}
