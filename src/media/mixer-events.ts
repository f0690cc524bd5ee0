import type { MixerEvent } from '../mixer/mixer-event.ts';
import type { MediaEvent } from './command.ts';

/** What a leg tells of its mixer's event, at `wallMs` of the Unix epoch. */
export function mediaEventOf(event: MixerEvent, wallMs: number): MediaEvent {
  switch (event.kind) {
    case 'playout-started':
      return { kind: 'playout-started', playoutId: event.playoutId, wallMs };
    case 'playout-ended': {
      const { playoutId, playedMs, cause } = event;
      return { kind: 'playout-ended', playoutId, playedMs, cause };
    }
    case 'track-ended': {
      const { track, soundId, cause } = event;
      return { kind: 'track-ended', track, soundId, cause };
    }
  }
}
