import type { z } from 'zod';
import type { Verb } from './verbs.ts';

/** Reads a list of verbs that stands inside a verb; only those of `allowed` may. */
export type VerbList = (allowed: readonly Verb['verb'][] | 'any') => z.ZodType<Verb[], unknown>;
