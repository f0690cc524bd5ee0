/** How requests to providers fail, in both directions: the literals of `RecognitionFailure`. */
import type { RecognitionFailure } from './stt/recognizer.ts';

export interface ProviderRefusal {
  readonly reason: RecognitionFailure;
  /** It would be the same if asked again. */
  readonly lasting: boolean;
}

/** A request that gave nothing; `message` is for the log and holds no key. */
export class ProviderError extends Error implements ProviderRefusal {
  override readonly name: string = 'ProviderError';
  readonly reason: RecognitionFailure;
  readonly lasting: boolean;

  constructor({ reason, lasting }: ProviderRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.lasting = lasting;
  }
}

/** What an HTTP status means that is not the one hoped for; `body` tells what exactly is refused. */
export function refusalOf(status: number, body: string): ProviderRefusal {
  if (status === 401 || status === 403) return { reason: 'unauthorized', lasting: true };
  if (status === 429 || status === 503) return { reason: 'overloaded', lasting: false };
  if (status === 408 || status >= 500) return { reason: 'refused', lasting: false };
  const isLanguage = status === 400 && /language|locale/i.test(body);
  return { reason: isLanguage ? 'language-unsupported' : 'refused', lasting: true };
}
