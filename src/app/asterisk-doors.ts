/** Where Asterisks call over AudioSocket: their ports, who may, and to which flow. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { AsteriskListenConfig, TrunkConfig } from '../config/config.ts';
import { SwitchError } from '../errors.ts';
import type { WaitingPhone } from '../media/media-plane.ts';
import type { AudioSocketListener } from '../media/worker-messages.ts';
import { AddressBook } from '../sip/address-book.ts';
import type { MediaPool } from './media-pool.ts';

export interface AsteriskDoorsOptions {
  readonly listen: readonly AsteriskListenConfig[];
  readonly trunks: readonly TrunkConfig[];
  readonly media: MediaPool;
  readonly onCall: (phone: WaitingPhone, flow: string, trunk: string | undefined) => void;
}

export class AsteriskDoors {
  readonly #options: AsteriskDoorsOptions;
  readonly #addresses: AddressBook;
  #listening: { readonly address: string; readonly port: number }[] = [];

  constructor(options: AsteriskDoorsOptions) {
    this.#options = options;
    this.#addresses = new AddressBook(options.trunks);
  }

  /** With the ports the system chose. */
  get listening(): readonly { readonly address: string; readonly port: number }[] {
    return this.#listening;
  }

  /** Rejects with `SwitchError` `port-in-use`. */
  async open(): Promise<void> {
    const { listen, trunks, media } = this.#options;
    if (listen.length === 0) return;
    // Workers share a port, and would share it with another program that does: here it is found out whether it is free.
    this.#listening = await Promise.all(listen.map(async (it) => ({ ...it, port: await freePort(it) })));
    const allow = trunks.length === 0 ? undefined : trunks.flatMap(({ addresses }) => addresses);
    const shared = media.workers > 1;
    const failure = await media.listen(
      this.#listening.map(({ address, port }): AudioSocketListener => ({ address, port, allow, shared })),
    );
    if (failure !== undefined) throw new SwitchError('port-in-use', `asteriskAudioSocket: ${failure}`);
  }

  /** Lets nobody in any more. */
  async close(): Promise<void> {
    if (this.#listening.length > 0) await this.#options.media.listen([]);
  }

  /** Somebody calls, at the place of this index. */
  take(phone: WaitingPhone, index: number): void {
    const { listen, onCall } = this.#options;
    const place = listen[index];
    if (place === undefined) phone.refuse();
    else onCall(phone, flowFor(phone.uuid, place), this.#addresses.trunkOf(phone.remoteAddress));
  }
}

/** UUIDs are compared without their hyphens, which not everybody writes. */
export function flowFor(
  uuid: string,
  { flow, routes }: Pick<AsteriskListenConfig, 'flow' | 'routes'>,
): string {
  const digits = digitsOf(uuid);
  return routes.find((route) => digits.startsWith(digitsOf(route.uuid)))?.flow ?? flow;
}

function digitsOf(uuid: string): string {
  return uuid.replaceAll('-', '').toLowerCase();
}

async function freePort({ address, port }: AsteriskListenConfig): Promise<number> {
  const server = createServer();
  try {
    server.listen({ host: address, port });
    await once(server, 'listening');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new SwitchError('port-in-use', `asteriskAudioSocket: ${detail}`, { cause: error });
  }
  const chosen = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return chosen;
}
