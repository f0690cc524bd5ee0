/** What the SIP user agent tells the call layer, and the bytes it wants sent. Returned from every input. */
import type { Flow } from './flow.ts';
import type { SipRequest } from './message/message.ts';
import type { Replaces } from './message/replaces.ts';
import type { RegistrationEvent } from './registration/registration-event.ts';
import type { CallerHeaders } from './session/caller-headers.ts';
import type { RequestRefusal } from './user-agent-server.ts';

/** Names one INVITE session in the process, from the first INVITE to its end. */
export type SipSessionId = number;

export type SipOutput =
  | { readonly kind: 'transmit'; readonly flow: Flow; readonly message: Uint8Array }
  | { readonly kind: 'event'; readonly event: SipEvent }
  | { readonly kind: 'registration'; readonly event: RegistrationEvent }
  /** A request was answered so, for the log; `reason` is counted. */
  | {
      readonly kind: 'refused';
      readonly reason: RequestRefusal;
      readonly source: Flow;
      readonly statusCode: number;
    }
  /** Asks where the server of a URI is, for the registration with a trunk: `handleLocated` takes the answer. */
  | { readonly kind: 'locate'; readonly trunk: string; readonly uri: string };

export type SipEvent =
  /** A new INVITE, past every check of RFC 3261 section 8.2; 100 Trying has been sent. Answer, ring or reject it. */
  | {
      readonly kind: 'incoming-call';
      readonly session: SipSessionId;
      readonly request: SipRequest;
      readonly flow: Flow;
      /** The SDP offer; undefined asks us to offer in the answer (late offer, RFC 3261 section 13.2.1). */
      readonly offer: string | undefined;
      /** The trunk it came over, by name; undefined where none are configured. */
      readonly trunk: string | undefined;
      /** What a trusted trunk says of the caller; undefined of others, whatever they wrote. */
      readonly caller: CallerHeaders | undefined;
      /** The session it takes the place of: answered, that one is to be hung up (RFC 3891 section 3). */
      readonly replaces: SipSessionId | undefined;
    }
  /** CANCEL came before our final answer; 487 has been sent. The session is over. */
  | {
      readonly kind: 'cancelled';
      readonly session: SipSessionId;
      /** RFC 3326 Reason header of the CANCEL, as written. */
      readonly reason: string | undefined;
    }
  /** The ACK to our 200 arrived. `answer` is its SDP when the 200 carried our offer. */
  | { readonly kind: 'confirmed'; readonly session: SipSessionId; readonly answer: string | undefined }
  /** A re-INVITE or UPDATE: answer it with `acceptReoffer` or `rejectReoffer`. */
  | { readonly kind: 'reoffer'; readonly session: SipSessionId; readonly offer: string | undefined }
  /** The ACK to our 200 for a re-INVITE that had no offer; `answer` is the peer's SDP. */
  | { readonly kind: 'reoffer-answered'; readonly session: SipSessionId; readonly answer: string }
  /** Our own re-INVITE or UPDATE was answered; or the peer describes itself anew as it answers a refresh. */
  | { readonly kind: 'reinvite-answered'; readonly session: SipSessionId; readonly answer: string }
  | { readonly kind: 'reinvite-refused'; readonly session: SipSessionId; readonly statusCode: number }
  | {
      readonly kind: 'info';
      readonly session: SipSessionId;
      readonly contentType: string;
      readonly body: Uint8Array;
    }
  /** The peer would have us call somebody else, and may: answer with `acceptRefer` or `rejectRefer`. */
  | {
      readonly kind: 'refer';
      readonly session: SipSessionId;
      /** A URI, its headers taken off. */
      readonly target: string;
      /** The dialog the new call takes the place of: an attended transfer. */
      readonly replaces: Replaces | undefined;
      /** RFC 3892, as written: a claim. */
      readonly referredBy: string | undefined;
    }
  /** The call that our REFER asked for; told once with `isFinal`, unless the session ends first. */
  | {
      readonly kind: 'refer-progress';
      readonly session: SipSessionId;
      readonly statusCode: number;
      readonly isFinal: boolean;
    }
  /** Progress of our own INVITE. */
  | {
      readonly kind: 'ringing';
      readonly session: SipSessionId;
      readonly statusCode: number;
      readonly answer: string | undefined;
    }
  | { readonly kind: 'answered'; readonly session: SipSessionId; readonly answer: string | undefined }
  /**
   * The session is over, told once. `statusCode` is the final response of a call that never was answered;
   * `by` says whose act it was.
   */
  | {
      readonly kind: 'ended';
      readonly session: SipSessionId;
      readonly by: 'remote' | 'local' | 'timeout' | 'transport' | 'error';
      readonly statusCode: number | undefined;
      /** RFC 3326 Reason header of the BYE or final response, as written. */
      readonly reason: string | undefined;
      /** Where a 3xx sends us, best first: URIs, none of which has been followed. */
      readonly contacts?: readonly string[];
    };
