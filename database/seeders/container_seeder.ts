import { BaseSeeder } from '@adonisjs/lucid/seeders'
import { BlobServiceClient } from '@azure/storage-blob'
import env from '#start/env'

/** Makes the container for files at a storage account of development, where nobody has set one up. */
export default class ContainerSeeder extends BaseSeeder {
  static environment = ['development', 'test']

  async run() {
    const account = env.get('AZURE_STORAGE_CONNECTION_STRING')?.release()
    if (!account) return
    const name = env.get('AZURE_STORAGE_CONTAINER') ?? 'safesend'
    await BlobServiceClient.fromConnectionString(account)
      .getContainerClient(name)
      .createIfNotExists()
  }
}
