import ArgumentParser
import Hornbill

/// A failure of a command: its line on stderr and its exit status.
struct Failure: Error {
  let message: String
  let status: ExitStatus

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  init(_ error: ModelError) {
    self.init(ExitStatus(error), error.description)
  }

  init(_ error: ArchiveError) {
    self.init(ExitStatus(error), error.description)
  }
}

/// The exit statuses, those of `sysexits.h` where one fits.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  /// The numbers differ.
  case differs = 1
  /// The command line is wrong.
  case usage = 64
  /// The file is broken.
  case badData = 65
  /// The file cannot be opened.
  case noInput = 66
  /// The model holds something that Hornbill does not run.
  case unsupported = 69
  /// A defect of Hornbill.
  case internalError = 70
  /// The output cannot be made.
  case cannotCreate = 73
  /// Reading or writing failed.
  case io = 74
  /// The file is refused as unsafe.
  case refused = 77

  init(_ error: ModelError) {
    switch error.code {
    case .archive:
      if let reason = error.archiveError { self = ExitStatus(reason) } else { self = .unsupported }
    case .unsupported: self = .unsupported
    default: self = .badData
    }
  }
}

extension Failure {
  init(_ error: EditError) {
    let status: ExitStatus =
      switch error.code {
      case .noMatch, .ambiguous, .badName: .usage
      case .misfit: .badData
      case .unsupported: .unsupported
      case .archive: error.archiveError.map { ExitStatus($0) } ?? .io
      }
    self.init(status, error.description)
  }
}

extension ParsableCommand {
  /// Runs the body of a command; a failure becomes one line on stderr and the exit status.
  func reporting(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let failure as Failure {
      Console.error(failure.message)
      throw ExitCode(failure.status.rawValue)
    } catch let error as ModelError {
      Console.error(error.description)
      throw ExitCode(ExitStatus(error).rawValue)
    } catch let error as ArchiveError {
      Console.error(error.description)
      throw ExitCode(ExitStatus(error).rawValue)
    } catch let error as SummaryError {
      Console.error(error.description)
      throw ExitCode(ExitStatus(error).rawValue)
    }
  }
}

extension ExitStatus {
  init(_ error: ArchiveError) {
    switch error.code {
    case .unreadable: self = .noInput
    case .noArchitecture, .unsupported: self = .unsupported
    case .refused, .limit: self = .refused
    case .io: self = .io
    case .cannotCreate: self = .cannotCreate
    default: self = .badData
    }
  }
}

extension ExitStatus {
  init(_ error: SummaryError) {
    switch error {
    case .notBuilt: self = .badData
    default: self = .usage
    }
  }
}
