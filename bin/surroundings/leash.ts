import { spawn, type ChildProcess } from 'node:child_process'

/**
 * Ends what this process started if this process can no longer do so itself (SIGKILL, a crash). A
 * shell outside our process group reads from us what to end; the pipe's end is its signal. Ordinary
 * ends go through `stop` of each process, which takes it off the leash again.
 */
const SCRIPT = `
groups= databases=
without() { wanted=$1; shift; for each; do [ "$each" = "$wanted" ] || printf '%s ' "$each"; done; }
while read -r verb pid; do
  case $verb in
    group) groups="$groups $pid" ;;
    database) databases="$databases $pid" ;;
    forget) groups=$(without "$pid" $groups); databases=$(without "$pid" $databases) ;;
    done) exit 0 ;;
  esac
done
for pid in $groups; do kill -s TERM -- "-$pid"; done 2>/dev/null
for second in 1 2 3 4 5; do
  alive=
  for pid in $groups; do kill -s 0 -- "-$pid" && alive=1; done 2>/dev/null
  [ "$alive" ] || break
  sleep 1
done
for pid in $groups; do kill -s KILL -- "-$pid"; done 2>/dev/null
for pid in $databases; do kill -s INT "$pid"; done 2>/dev/null
`

let shell: ChildProcess | undefined
let held = 0

function tell(line: string): void {
  if (!shell) {
    shell = spawn('/bin/sh', ['-c', SCRIPT], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    shell.stdin!.on('error', () => {})
    // It must not keep us alive: that we end is what it waits for.
    shell.unref()
    ;(shell.stdin as unknown as { unref?(): void }).unref?.()
  }
  shell.stdin!.write(`${line}\n`)
}

/** @param kind a process group, ended with SIGTERM then SIGKILL, or a PostgreSQL, with SIGINT */
export function holdOnLeash(kind: 'group' | 'database', pid: number): void {
  held += 1
  tell(`${kind} ${pid}`)
}

/** Takes a process that has ended off the leash, before its number is somebody else's. */
export function letGo(pid: number): void {
  tell(`forget ${pid}`)
  held -= 1
  if (held > 0) return
  shell!.stdin!.end('done\n')
  shell = undefined
}
