/**
 * Reads Bicep, as much of the language as `infra/` uses: no compiler comes with any package we could install. It
 * takes apart what is written and knows no types of resources.
 */

export type Node =
  | { kind: 'string'; parts: (string | Node)[] }
  | { kind: 'number' | 'boolean' | 'null'; text: string }
  | { kind: 'name'; name: string }
  | { kind: 'member'; of: Node; name: string; nested?: boolean }
  | { kind: 'index'; of: Node; at: Node }
  | { kind: 'call'; of: Node; args: Node[] }
  | { kind: 'lambda'; params: string[]; body: Node }
  | { kind: 'operation'; operands: Node[] }
  | { kind: 'object'; entries: Entry[]; resources: Declaration[] }
  | { kind: 'array'; items: Node[] }
  | { kind: 'for'; names: string[]; of: Node; body: Node }
  | { kind: 'if'; condition: Node; body: Node }

export interface Entry {
  /** Undefined where it is computed, as in `'${id}': {}`. */
  key?: string
  computed?: Node
  value: Node
}

export interface Declaration {
  kind: 'param' | 'var' | 'resource' | 'module' | 'output' | 'metadata' | 'targetScope' | 'using'
  name: string
  decorators: { name: string; args: Node[] }[]
  /** Of resources `Type@version`, of modules their path, of parameters and outputs a type such as `string`. */
  type?: string
  existing?: boolean
  value?: Node
}

interface Token {
  kind: 'string' | 'number' | 'name' | 'sign' | 'newline' | 'end'
  text: string
  parts?: (string | Node)[]
  at: number
}

const SIGNS = /^(=>|==|!=|<=|>=|=~|!~|&&|\|\||\?\?|\.\?|::|[-+*/%!<>=?:.,;|@()[\]{}])/
const OPERATORS = ['==', '!=', '<=', '>=', '=~', '!~', '&&', '||', '??', '+', '-', '*', '/', '%']

/** @throws Error naming file and line of what cannot be read */
export function parseBicep(source: string, file = 'bicep'): Declaration[] {
  return new Parser(source, file).file()
}

class Parser {
  #tokens: Token[]
  #next = 0

  constructor(
    private source: string,
    private name: string,
    private offset = 0
  ) {
    this.#tokens = this.#tokenise()
  }

  file(): Declaration[] {
    const found: Declaration[] = []
    for (this.#skipNewlines(); this.#peek().kind !== 'end'; this.#skipNewlines()) {
      found.push(this.#declaration())
      if (this.#peek().kind !== 'end') this.#take('newline')
    }
    return found
  }

  #declaration(): Declaration {
    const decorators: Declaration['decorators'] = []
    while (this.#is('@')) {
      this.#sign('@')
      const call = this.#postfix()
      if (call.kind !== 'call' || call.of.kind !== 'name') throw this.#wrong('a decorator')
      decorators.push({ name: call.of.name, args: call.args })
      this.#skipNewlines()
    }
    const kind = this.#take('name').text as Declaration['kind']
    switch (kind) {
      case 'targetScope':
        this.#sign('=')
        return { kind, name: kind, decorators, value: this.#expression() }
      case 'using':
        return { kind, name: kind, decorators, type: this.#plainString() }
      case 'metadata':
      case 'var': {
        const name = this.#take('name').text
        this.#sign('=')
        return { kind, name, decorators, value: this.#value() }
      }
      case 'param': {
        const name = this.#take('name').text
        // In a parameter file it has no type.
        const type = this.#is('=') ? undefined : this.#type()
        return { kind, name, decorators, type, value: this.#assigned() }
      }
      case 'output': {
        const name = this.#take('name').text
        const type = this.#type()
        return { kind, name, decorators, type, value: this.#assigned() }
      }
      case 'resource':
      case 'module': {
        const name = this.#take('name').text
        const type = this.#plainString()
        const existing = this.#is('existing')
        if (existing) this.#next++
        this.#sign('=')
        return { kind, name, decorators, type, existing, value: this.#value() }
      }
      default:
        throw this.#wrong(`a declaration, and not "${kind}"`)
    }
  }

  #assigned(): Node | undefined {
    if (!this.#is('=')) return undefined
    this.#sign('=')
    return this.#value()
  }

  /** The text of a type: `string`, `'a' | 'b'`, `{ name: string }`. */
  #type(): string {
    const start = this.#peek().at
    let end = start
    for (let depth = 0; ;) {
      const token = this.#peek()
      const over = token.kind === 'newline' || token.kind === 'end' || token.text === '='
      if (depth === 0 && over) break
      if (token.kind === 'sign' && '([{'.includes(token.text)) depth++
      if (token.kind === 'sign' && ')]}'.includes(token.text)) depth--
      this.#next++
      end = this.#tokens[this.#next].at
    }
    return this.source.slice(start, end).trim()
  }

  /** What may stand behind `=`. */
  #value(): Node {
    if (this.#is('if')) {
      this.#next++
      this.#sign('(')
      const condition = this.#expression()
      this.#sign(')')
      return { kind: 'if', condition, body: this.#expression() }
    }
    return this.#expression()
  }

  #expression(): Node {
    const condition = this.#operation()
    const back = this.#next
    this.#skipNewlines()
    if (!this.#is('?')) {
      this.#next = back
      return condition
    }
    this.#sign('?')
    const operands = [condition, this.#expression()]
    this.#skipNewlines()
    this.#sign(':')
    operands.push(this.#expression())
    return { kind: 'operation', operands }
  }

  #operation(): Node {
    const operands = [this.#unary()]
    while (this.#peek().kind === 'sign' && OPERATORS.includes(this.#peek().text)) {
      this.#next++
      operands.push(this.#unary())
    }
    return operands.length === 1 ? operands[0] : { kind: 'operation', operands }
  }

  #unary(): Node {
    this.#skipNewlines()
    if (!this.#is('!') && !this.#is('-')) return this.#postfix()
    this.#next++
    return { kind: 'operation', operands: [this.#unary()] }
  }

  #postfix(): Node {
    let node = this.#primary()
    for (;;) {
      const { kind, text } = this.#peek()
      if (kind !== 'sign') return node
      if (text === '.' || text === '.?' || text === '::') {
        this.#next++
        node = { kind: 'member', of: node, name: this.#take('name').text, nested: text === '::' }
      } else if (text === '[') {
        this.#sign('[')
        node = { kind: 'index', of: node, at: this.#expression() }
        this.#sign(']')
      } else if (text === '(') {
        node = { kind: 'call', of: node, args: this.#list('(', ')', () => this.#argument()) }
      } else if (text === '!' && this.#tokens[this.#next + 1].text === '.') {
        this.#next++
      } else {
        return node
      }
    }
  }

  #argument(): Node {
    const start = this.#next
    const params = this.#is('(')
      ? this.#list('(', ')', () => (this.#peek().kind === 'name' ? this.#take('name').text : '?'))
      : [this.#peek().text]
    if (params.length === 1 && start === this.#next) this.#next++
    if (this.#is('=>')) {
      this.#sign('=>')
      return { kind: 'lambda', params, body: this.#expression() }
    }
    this.#next = start
    return this.#expression()
  }

  #primary(): Node {
    const token = this.#peek()
    if (token.kind === 'string') {
      this.#next++
      return { kind: 'string', parts: token.parts! }
    }
    if (token.kind === 'number') {
      this.#next++
      return { kind: 'number', text: token.text }
    }
    if (token.kind === 'name') {
      this.#next++
      if (token.text === 'true' || token.text === 'false')
        return { kind: 'boolean', text: token.text }
      if (token.text === 'null') return { kind: 'null', text: token.text }
      return { kind: 'name', name: token.text }
    }
    if (this.#is('(')) {
      this.#sign('(')
      const node = this.#expression()
      this.#skipNewlines()
      this.#sign(')')
      return node
    }
    if (this.#is('[')) return this.#array()
    if (this.#is('{')) return this.#object()
    throw this.#wrong('an expression')
  }

  #array(): Node {
    const start = this.#next
    this.#sign('[')
    this.#skipNewlines()
    if (!this.#is('for')) {
      this.#next = start
      return { kind: 'array', items: this.#list('[', ']', () => this.#expression()) }
    }
    this.#next++
    const names = this.#is('(')
      ? this.#list('(', ')', () => this.#take('name').text)
      : [this.#take('name').text]
    if (this.#take('name').text !== 'in') throw this.#wrong('in')
    const of = this.#expression()
    this.#sign(':')
    const body = this.#value()
    this.#skipNewlines()
    this.#sign(']')
    return { kind: 'for', names, of, body }
  }

  #object(): Node {
    const resources: Declaration[] = []
    const entries: Entry[] = []
    this.#list('{', '}', () => {
      const token = this.#peek()
      const declares = token.text === 'resource' && this.#tokens[this.#next + 1].kind === 'name'
      if (declares || token.text === '@') return resources.push(this.#declaration())
      this.#next++
      if (token.kind !== 'string' && token.kind !== 'name') throw this.#wrong('a property', token)
      const plain = token.kind === 'name' ? token.text : plainText(token.parts!)
      this.#sign(':')
      const value = this.#value()
      const computed: Node = { kind: 'string', parts: token.parts ?? [token.text] }
      return entries.push({ key: plain, ...(plain === undefined && { computed }), value })
    })
    return { kind: 'object', entries, resources }
  }

  /** What stands between two brackets, apart by commas or new lines. */
  #list<T>(open: string, close: string, read: () => T): T[] {
    const found: T[] = []
    this.#sign(open)
    this.#skipNewlines()
    while (!this.#is(close)) {
      found.push(read())
      const apart = this.#peek().kind === 'newline' || this.#is(',')
      if (this.#is(',')) this.#sign(',')
      this.#skipNewlines()
      if (!apart && !this.#is(close)) throw this.#wrong(`"${close}"`)
    }
    this.#sign(close)
    return found
  }

  #plainString(): string {
    const token = this.#take('string')
    const text = plainText(token.parts!)
    if (text === undefined) throw this.#wrong('a string without ${}', token)
    return text
  }

  #skipNewlines(): void {
    while (this.#peek().kind === 'newline') this.#next++
  }

  #peek(): Token {
    return this.#tokens[this.#next]
  }

  #is(text: string): boolean {
    const token = this.#peek()
    return token.text === text && (token.kind === 'sign' || token.kind === 'name')
  }

  #sign(text: string): void {
    if (!this.#is(text)) throw this.#wrong(`"${text}"`)
    this.#next++
  }

  #take(kind: Token['kind']): Token {
    const token = this.#peek()
    if (token.kind !== kind) throw this.#wrong(kind)
    this.#next++
    return token
  }

  #wrong(wanted: string, token = this.#peek()): Error {
    const line = this.source.slice(0, token.at).split('\n').length + this.offset
    return new Error(`${this.name}:${line}: expected ${wanted}, found "${token.text}"`)
  }

  #tokenise(): Token[] {
    const tokens: Token[] = []
    for (let at = 0; at < this.source.length;) {
      const rest = this.source.slice(at)
      const blank = /^([^\S\n]+|\/\/[^\n]*|\/\*[^]*?\*\/)/.exec(rest)
      if (blank) {
        at += blank[0].length
      } else if (rest[0] === '\n') {
        tokens.push({ kind: 'newline', text: '\n', at: at++ })
      } else if (rest[0] === "'") {
        const token = this.#string(at)
        tokens.push(token)
        at += token.text.length
      } else {
        const name = /^[A-Za-z_]\w*/.exec(rest)
        const number = /^\d+/.exec(rest)
        const sign = SIGNS.exec(rest)
        const [text] = name ?? number ?? sign ?? ['']
        const kind = name ? 'name' : number ? 'number' : 'sign'
        if (!text) throw this.#wrong('Bicep', { kind: 'sign', text: rest[0], at })
        tokens.push({ kind, text, at })
        at += text.length
      }
    }
    tokens.push({ kind: 'newline', text: '\n', at: this.source.length })
    tokens.push({ kind: 'end', text: '', at: this.source.length })
    return tokens
  }

  /** A string from its first quote to its last, with what `${}` holds already read. */
  #string(start: number): Token {
    const { source } = this
    if (source.startsWith("'''", start)) {
      const end = source.indexOf("'''", start + 3)
      if (end < 0) throw this.#wrong("'''", { kind: 'string', text: "'''", at: start })
      const text = source.slice(start, end + 3)
      return { kind: 'string', text, parts: [text.slice(3, -3).replace(/^\n/, '')], at: start }
    }
    const parts: (string | Node)[] = ['']
    for (let at = start + 1; at < source.length && source[at] !== '\n'; at++) {
      if (source[at] === "'") {
        return { kind: 'string', text: source.slice(start, at + 1), parts, at: start }
      }
      if (source[at] === '\\') {
        at++
        parts[parts.length - 1] += source[at]
      } else if (source.startsWith('${', at)) {
        const end = this.#endOfInterpolation(at + 2)
        const line = source.slice(0, at).split('\n').length - 1 + this.offset
        const inner = new Parser(source.slice(at + 2, end), this.name, line)
        parts.push(inner.#inside(), '')
        at = end
      } else {
        parts[parts.length - 1] += source[at]
      }
    }
    throw this.#wrong('the end of a string', { kind: 'string', text: "'", at: start })
  }

  #inside(): Node {
    const node = this.#expression()
    this.#skipNewlines()
    this.#take('end')
    return node
  }

  #endOfInterpolation(at: number): number {
    for (let depth = 1; at < this.source.length; at++) {
      if (this.source[at] === "'") at += this.#string(at).text.length - 1
      else if (this.source[at] === '{') depth++
      else if (this.source[at] === '}' && --depth === 0) return at
    }
    throw this.#wrong('"}"', { kind: 'string', text: '${', at: at - 1 })
  }
}

function plainText(parts: (string | Node)[]): string | undefined {
  return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined
}

/** The text of a string without `${}`. */
export function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'string' ? plainText(node.parts) : undefined
}

/** The object that a declaration is about, behind `if` and `for`. */
export function bodyOf(node: Node | undefined): Node | undefined {
  return node?.kind === 'if' || node?.kind === 'for' ? bodyOf(node.body) : node
}

/** What stands under a key of an object. */
export function propertyOf(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind !== 'object') return undefined
  return node.entries.find((entry) => entry.key === key)?.value
}

/** Every node below and including this one, nested resources' among them. */
export function* nodesOf(node: Node | undefined): Generator<Node> {
  if (!node) return
  yield node
  for (const child of childrenOf(node)) yield* nodesOf(child)
}

export function childrenOf(node: Node): Node[] {
  switch (node.kind) {
    case 'string':
      return node.parts.filter((part) => typeof part !== 'string')
    case 'member':
      return [node.of]
    case 'index':
      return [node.of, node.at]
    case 'call':
      return [node.of, ...node.args]
    case 'lambda':
      return [node.body]
    case 'operation':
      return node.operands
    case 'object':
      return [
        ...node.entries.flatMap(({ computed, value }) => (computed ? [computed, value] : [value])),
        ...node.resources.flatMap(({ value }) => (value ? [value] : [])),
      ]
    case 'array':
      return node.items
    case 'for':
      return [node.of, node.body]
    case 'if':
      return [node.condition, node.body]
    default:
      return []
  }
}
