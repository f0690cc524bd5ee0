/** What we speak over TLS, as RFC 9325 recommends: forward secrecy and authenticated encryption, nothing else. */
import { constants } from 'node:crypto';

/** Of TLS 1.3 those everybody has; of TLS 1.2 those with ephemeral keys. */
export const CIPHERS: string = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** A peer could have us compute for as long as it likes. */
export const NO_RENEGOTIATION: number = constants.SSL_OP_NO_RENEGOTIATION;
