#if os(Linux)
import Foundation
@_exported import FoundationNetworking

// A stub of Apple's frameworks, which the generated client asks for the media type of a file. On Linux this stub knows
// none, and the client falls back to `application/octet-stream`.

public let kUTTagClassFilenameExtension = "public.filename-extension"
public let kUTTagClassMIMEType = "public.mime-type"

public struct Retained {
    public func takeRetainedValue() -> String { "" }
}

public func UTTypeCreatePreferredIdentifierForTag(_: String, _: NSString, _: NSString?) -> Retained? { nil }
public func UTTypeCopyPreferredTagWithClass(_: String, _: String) -> Retained? { nil }
#endif
