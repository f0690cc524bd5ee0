import { randomBytes } from 'node:crypto';
import type { TrunkConfig } from '../config/config.ts';
import type { Logger } from '../logger.ts';
import { MASTER_OCTETS } from '../rtp/srtp/key-derivation.ts';
import type { SrtpPreferences } from '../sdp/preferences.ts';
import type { Flow } from '../sip/flow.ts';

/** How the media of each trunk's calls are encrypted, with keys of the system's randomness. */
export class MediaEncryption {
  readonly #policies: ReadonlyMap<string, TrunkConfig['srtp']>;
  readonly #log: Logger;
  readonly #warned = new Set<string>();

  constructor(trunks: readonly Pick<TrunkConfig, 'name' | 'srtp'>[], log: Logger) {
    this.#policies = new Map(trunks.map(({ name, srtp }) => [name, srtp]));
    this.#log = log;
  }

  /** Undefined: calls of the trunk speak plain RTP only. `flow` is the way its keys go. */
  preferencesFor(trunk: string | undefined, flow: Pick<Flow, 'transport'>): SrtpPreferences | undefined {
    const policy = this.#policies.get(trunk ?? '') ?? 'never';
    if (trunk === undefined || policy === 'never') return undefined;
    return {
      policy,
      newKey: () => {
        this.#warnOf(trunk, flow.transport);
        return randomBytes(MASTER_OCTETS).toString('base64');
      },
    };
  }

  /** "The SDP … MUST be protected": its keys stand in plain sight (RFC 4568 section 7.1.5). */
  #warnOf(trunk: string, transport: Flow['transport']): void {
    if (transport === 'tls' || this.#warned.has(trunk)) return;
    this.#warned.add(trunk);
    this.#log.warn(
      { trunk, transport },
      'SRTP keys go over signalling that is not encrypted: who reads it can hear the calls',
    );
  }
}
