import { describe, expect, it } from 'vitest';
import {
  findParameter,
  hasParameter,
  parameterValue,
  parseParameters,
  serializeParameters,
  withParameter,
} from '../../../src/sip/message/parameters.ts';

describe('parameters', () => {
  const parameters = parseParameters('x ; A = 1;b; c="d;e=\\"f" ;;rport;g=', 1)!;

  it('are read in their order, as written', () => {
    expect(parameters).toEqual([
      { name: 'A', value: '1' },
      { name: 'b', value: undefined },
      { name: 'c', value: '"d;e=\\"f"' },
      { name: 'rport', value: undefined },
      { name: 'g', value: '' },
    ]);
    expect(serializeParameters(parameters)).toBe(';A=1;b;c="d;e=\\"f";rport;g=');
  });

  it('are found in any case', () => {
    expect(parameterValue(parameters, 'a')).toBe('1');
    expect(findParameter(parameters, 'B')).toEqual({ name: 'b', value: undefined });
    expect(hasParameter(parameters, 'RPORT')).toBe(true);
    expect(hasParameter(parameters, 'x')).toBe(false);
  });

  it('are changed in their place, or added last', () => {
    const changed = withParameter(withParameter(parameters, 'rport', '5060'), 'received', '192.0.2.1');
    expect(serializeParameters(changed)).toBe(';A=1;b;c="d;e=\\"f";rport=5060;g=;received=192.0.2.1');
    expect(parameterValue(parameters, 'rport')).toBeUndefined();
  });

  it.each(['a', ' a=1', ';=1', '; = 1', ';a="1', ';a="\\"'])('are refused: %j', (text) => {
    expect(parseParameters(text, 0)).toBeUndefined();
  });
});
