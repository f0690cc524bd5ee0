import { describe, expect, it } from 'vitest';
import { MediaEncryption } from '../../src/app/media-encryption.ts';
import { recordingLogger } from '../support/recording-logger.ts';

const trunks = [
  { name: 'plain', srtp: 'never' },
  { name: 'pbx', srtp: 'offer' },
  { name: 'carrier', srtp: 'require' },
] as const;

describe('the encryption of media', () => {
  it('is what the trunk says, and none without a trunk', () => {
    const encryption = new MediaEncryption(trunks, recordingLogger().log);
    const policy = (name?: string) => encryption.preferencesFor(name, { transport: 'tls' })?.policy;
    expect(['plain', 'pbx', 'carrier', 'unknown', undefined].map(policy)).toEqual([
      undefined,
      'offer',
      'require',
      undefined,
      undefined,
    ]);
  });

  it('has a key of 30 random octets for each stream', () => {
    const preferences = new MediaEncryption(trunks, recordingLogger().log).preferencesFor('pbx', {
      transport: 'tls',
    });
    const keys = Array.from({ length: 100 }, () => preferences!.newKey());
    expect(new Set(keys).size).toBe(100);
    expect(keys.every((key) => Buffer.from(key, 'base64').length === 30 && key.length === 40)).toBe(true);
  });

  it('warns once of each trunk whose keys others may read, when they are given', () => {
    const { log, lines } = recordingLogger();
    const encryption = new MediaEncryption(trunks, log);
    const give = (name: string, transport: 'udp' | 'tcp' | 'tls') =>
      encryption.preferencesFor(name, { transport })?.newKey();
    encryption.preferencesFor('pbx', { transport: 'udp' });
    expect(lines).toEqual([]);
    const keys = [give('pbx', 'tls'), give('pbx', 'udp'), give('pbx', 'tcp'), give('carrier', 'tcp')];
    expect(lines.map(({ level, fields }) => ({ level, ...fields }))).toEqual([
      { level: 'warn', trunk: 'pbx', transport: 'udp' },
      { level: 'warn', trunk: 'carrier', transport: 'tcp' },
    ]);
    for (const key of keys) expect(JSON.stringify(lines)).not.toContain(key);
  });
});
