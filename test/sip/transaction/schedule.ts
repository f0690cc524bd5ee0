interface Timed {
  readonly deadline: number | undefined;
  handleTimeout(nowMs: number): readonly string[];
}

/** Lets every timer of a machine fire at its deadline: what came out, and how long after `startMs`. */
export function scheduleOf(machine: Timed, startMs: number): [number, string][] {
  const fired: [number, string][] = [];
  for (let i = 0; i < 100 && machine.deadline !== undefined; i++) {
    const nowMs = machine.deadline;
    for (const action of machine.handleTimeout(nowMs)) fired.push([nowMs - startMs, action]);
  }
  return fired;
}
