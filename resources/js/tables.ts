/**
 * On a narrow screen the rows of a table are shown one below the other, each value beside the heading of its
 * column (`console.css`). The headings come from here, and so do the roles, which a table that is not laid out
 * as one has lost. Without scripts it scrolls sideways.
 */
function labelTables(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('.table > table')) {
    const headings = [...(table.tHead?.rows[0]?.cells ?? [])]
    if (headings.length === 0) continue
    table.setAttribute('role', 'table')
    for (const section of [table.tHead, ...table.tBodies, table.tFoot]) {
      section?.setAttribute('role', 'rowgroup')
    }
    for (const row of table.rows) {
      row.setAttribute('role', 'row')
      let column = 0
      for (const cell of row.cells) {
        cell.setAttribute('role', roleOf(cell))
        const label = headings[column]?.textContent?.trim()
        if (label) cell.dataset.label = label
        cell.toggleAttribute('data-blank', isBlank(cell))
        column += cell.colSpan
      }
    }
    table.dataset.labelled = ''
  }
}

function roleOf(cell: HTMLTableCellElement): string {
  if (cell.tagName === 'TD') return 'cell'
  return cell.scope === 'row' ? 'rowheader' : 'columnheader'
}

function isBlank(cell: HTMLTableCellElement): boolean {
  return cell.childElementCount === 0 && cell.textContent?.trim() === ''
}

document.addEventListener('turbo:load', labelTables)
document.addEventListener('turbo:render', labelTables)
