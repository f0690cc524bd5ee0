import type { OutboundRules, OutboundTrunk } from '../../src/call/outbound-routes.ts';
import type { TrunkDirectory } from '../../src/sip/trunk.ts';
import { trunkDirectory } from './sip-trunks.ts';

/** The trunk that calls go over in tests, at the address of the one who is called. */
const carrier: OutboundTrunk = {
  name: 'carrier',
  uri: 'sip:192.0.2.50',
  domain: 'carrier.example',
  user: 'us',
  callerId: 'from',
  transfer: 'invite',
};

/** Lets numbers that begin with 49 be called over the carrier. */
export function outboundRules(
  trunk: Partial<OutboundTrunk> = {},
  rules: Partial<OutboundRules> = {},
): OutboundRules {
  return {
    allow: ['49*'],
    routes: [{ number: '*', trunk: 'carrier', strip: 0, prefix: '' }],
    trunks: new Map([['carrier', { ...carrier, ...trunk }]]),
    ...rules,
  };
}

/** Callers of these tests and the carrier, as the SIP stack knows them. */
export function outboundTrunks(mayRefer: boolean = false): TrunkDirectory {
  const everyone = Array.from({ length: 255 }, (_, index) => `192.0.2.${index}`).filter(
    (it) => it !== '192.0.2.50',
  );
  return trunkDirectory(
    { name: 'carrier', addresses: ['192.0.2.50', '192.0.2.51'] },
    { name: 'pbx', addresses: everyone, mayRefer },
  );
}
