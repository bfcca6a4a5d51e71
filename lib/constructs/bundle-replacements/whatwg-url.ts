/**
 * Replaces `whatwg-url` in the bundles of functions: Node has the same classes. The package contains a quarter of a
 * megabyte of tables for host names in other alphabets, which no connection string has.
 */
const { URL: PlatformUrl, URLSearchParams: PlatformSearchParams } = globalThis;

export { PlatformUrl as URL, PlatformSearchParams as URLSearchParams };
