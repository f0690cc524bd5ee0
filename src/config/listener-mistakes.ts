import { isIPv6 } from 'node:net';
import type { Config } from './config.ts';
import { keyPath, type Mistake } from './mistakes.ts';

/** Two that would listen at one port: the second could not start. */
export function checkListeners(
  config: Pick<Config, 'sip' | 'asteriskAudioSocket' | 'admin' | 'api'>,
): Mistake[] {
  const listeners = listenersOf(config).filter(({ port }) => port !== 0);
  return listeners.flatMap((listener, index) => {
    const other = listeners.slice(0, index).find((earlier) => clash(earlier, listener));
    if (other === undefined) return [];
    const { protocol, port, path } = listener;
    return [{ path, text: `${keyPath(other.path)} listens at ${protocol} port ${port} already` }];
  });
}

interface Listener {
  readonly path: readonly (string | number)[];
  readonly protocol: 'UDP' | 'TCP';
  readonly address: string;
  readonly port: number;
}

function listenersOf({
  sip,
  asteriskAudioSocket,
  admin,
  api,
}: Parameters<typeof checkListeners>[0]): Listener[] {
  const hasApi = api.enabled ?? api.tokens.length > 0;
  return [
    ...sip.listen.map(({ transport, address, port }, at) => {
      const protocol = transport === 'udp' ? ('UDP' as const) : ('TCP' as const);
      return { path: ['sip', 'listen', at], protocol, address, port };
    }),
    ...asteriskAudioSocket.listen.map(({ address, port }, at) => {
      return { path: ['asteriskAudioSocket', 'listen', at], protocol: 'TCP' as const, address, port };
    }),
    ...(admin.enabled ? [{ ...admin, path: ['admin', 'port'], protocol: 'TCP' as const }] : []),
    ...(hasApi ? [{ ...api, path: ['api', 'port'], protocol: 'TCP' as const }] : []),
  ];
}

function clash(one: Listener, other: Listener): boolean {
  if (one.protocol !== other.protocol || one.port !== other.port) return false;
  if (isIPv6(one.address) !== isIPv6(other.address)) return false;
  return one.address === other.address || EVERYWHERE.has(one.address) || EVERYWHERE.has(other.address);
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
