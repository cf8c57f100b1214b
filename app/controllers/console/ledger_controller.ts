import type { HttpContext } from '@adonisjs/core/http'
import { isFiltered, listPostings, readAccount } from '#console/ledger_account_page'
import { listAccounts, readKinds } from '#console/ledger_accounts_page'
import { listEntries, readEntry } from '#console/ledger_entries_page'
import { accountPage, ownerOf } from '#console/links'
import {
  accountsFilters,
  ENTRY_KINDS,
  entriesFilters,
  postingsFilters,
} from '#validators/console/ledger'

export default class LedgerController {
  async index({ view }: HttpContext) {
    return view.render('console/ledger/index', await readKinds())
  }

  async accounts({ request, view }: HttpContext) {
    const query = await request.validateUsing(accountsFilters, { data: request.qs() })
    return view.render('console/ledger/accounts', { query, page: await listAccounts(query) })
  }

  async account({ params, request, view }: HttpContext) {
    const query = await request.validateUsing(postingsFilters, { data: request.qs() })
    const account = await readAccount(params.name, params.currency)
    const page = await listPostings(account, query)
    const path = accountPage(account.name, account.currency)
    const owner = ownerOf(account.name)
    return view.render('console/ledger/account', {
      account,
      page,
      query,
      path,
      owner,
      kinds: ENTRY_KINDS,
      isFiltered: isFiltered(query),
    })
  }

  async entries({ request, view }: HttpContext) {
    const query = await request.validateUsing(entriesFilters, { data: request.qs() })
    const page = await listEntries(query)
    return view.render('console/ledger/entries', { query, page, kinds: ENTRY_KINDS })
  }

  async entry({ params, view }: HttpContext) {
    return view.render('console/ledger/entry', { entry: await readEntry(params.id) })
  }
}
