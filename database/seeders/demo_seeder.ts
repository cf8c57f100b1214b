import { BaseSeeder } from '@adonisjs/lucid/seeders'
import { fillDemo } from '#database/demo/demo'

/** Three months of business to look at, once: see docs/demo.md. */
export default class DemoSeeder extends BaseSeeder {
  static environment = ['development', 'test']

  async run() {
    await fillDemo()
  }
}
