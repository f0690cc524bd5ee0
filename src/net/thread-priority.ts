import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Puts this thread before others that want the same core. Linux only, where a thread has a nice value of its own.
 * False where the system does not permit it: that takes CAP_SYS_NICE, or `LimitNICE` of systemd.
 */
export function raiseThreadPriority(nice: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(threadId, nice);
    return true;
  } catch {
    return false;
  }
}
