/** What locating a server asks of the DNS, and what it is told. */
export interface DnsQuestion {
  readonly type: 'NAPTR' | 'SRV' | 'A' | 'AAAA';
  readonly name: string;
}

export type DnsRecord = NaptrRecord | SrvRecord | AddressRecord;

/** RFC 3403 section 4. */
export interface NaptrRecord {
  readonly type: 'NAPTR';
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/** RFC 2782. */
export interface SrvRecord {
  readonly type: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

interface AddressRecord {
  readonly type: 'A' | 'AAAA';
  readonly address: string;
}
