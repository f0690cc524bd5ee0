import type { Verb } from './vocabulary/verbs.ts';

/** What has to be before a verb: nothing, sound to the caller, an answered call, one that was, or one that was not. */
export type Need = 'nothing' | 'early-media' | 'answer' | 'answered' | 'unanswered';

export function needOf(verb: Verb, isEarly: boolean): Need {
  switch (verb.verb) {
    case 'say':
    case 'play':
    case 'listen':
      return verb.earlyMedia || isEarly ? 'early-media' : 'answer';
    case 'gather':
      return verb.prompt?.earlyMedia === true || isEarly ? 'early-media' : 'answer';
    case 'answer':
    case 'dub':
    case 'dtmf':
      return 'answer';
    case 'dial':
      return verb.answerOnBridge ? 'nothing' : 'answer';
    case 'hangup':
    case 'sip:refer':
      return 'answered';
    case 'sip:decline':
      return 'unanswered';
    case 'config':
      return verb.listen?.enable === true ? 'answer' : 'nothing';
    case 'pause':
    case 'redirect':
    case 'tag':
      return 'nothing';
  }
}
