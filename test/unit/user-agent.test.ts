import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUserAgent } from '../../functions/sessions/user-agent.ts';

test('what an application says of itself is kept as one line of bounded length', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['', null],
    [' \t\u200b\u202e ', null],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (X11; Linux x86_64)'],
    ['  a\r\n\u0000b\u202ec\u2028d  ', 'a b c d'],
    ['\ud800x\udfff', 'x'],
    ['🦋'.repeat(300), '🦋'.repeat(256)],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['x'.repeat(1_000_000), 'x'.repeat(256)],
    [`${'x'.repeat(255)} y`, 'x'.repeat(255)],
  ];
  for (const [header, line] of cases) assert.equal(toUserAgent(header), line, header.slice(0, 20));
});
