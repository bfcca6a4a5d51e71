import { defineConfig } from 'vite';
import { emojiGroupsModule } from './emoji-groups.ts';

// `lib/constructs/web-bundle.ts` builds the page for the stacks; `bin/web.ts` serves it while one works on it, beside
// a running `npm start`.
export default defineConfig({
  plugins: [emojiGroupsModule()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2023',
    cssCodeSplit: false,
    // The policy allows no inline script, and every browser of the target preloads modules by itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
