#if os(Linux)
import Foundation
@_exported import FoundationNetworking

// What the generated client asks Apple's frameworks for the media type of a file. On Linux it knows none: the client
// falls back to `application/octet-stream`.

public let kUTTagClassFilenameExtension = "public.filename-extension"
public let kUTTagClassMIMEType = "public.mime-type"

public struct Retained {
    public func takeRetainedValue() -> String { "" }
}

public func UTTypeCreatePreferredIdentifierForTag(_: String, _: NSString, _: NSString?) -> Retained? { nil }
public func UTTypeCopyPreferredTagWithClass(_: String, _: String) -> Retained? { nil }
#endif
