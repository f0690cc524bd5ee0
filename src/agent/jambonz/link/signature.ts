import { createHmac } from 'node:crypto';

/** `Jambonz-Signature`: HMAC-SHA-256 over the time and the body, by which an app knows who asks. */
export function signatureOf(body: string, secret: string, wallMs: number): string {
  const time = Math.floor(wallMs / 1000);
  const digest = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return `t=${time},v1=${digest}`;
}
