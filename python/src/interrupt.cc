#include "interrupt.h"

#include <csignal>
#include <thread>

namespace weft::python {
namespace {

std::atomic<bool> interrupted = false;
std::atomic<bool> raised = false;  // in a feature, as KeyboardInterrupt
std::atomic<int> depth = 0;        // of runs within runs: the outermost one installs the handler
struct sigaction before;

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may use no lock");

void on_interrupt(int signal) {
  // Python first: whoever sees that the run was interrupted asks it what to raise, perhaps on
  // another thread.
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) before.sa_handler(signal);
  interrupted = true;
}

std::thread::id main_thread() {
  static const std::thread::id id = [] {
    const nb::gil_scoped_acquire gil;
    const nb::module_ threading = nb::module_::import_("threading");
    const auto ident = nb::cast<unsigned long>(threading.attr("main_thread")().attr("ident"));
    const bool is_this = ident == PyThread_get_thread_ident();
    return is_this ? std::this_thread::get_id() : std::thread::id();
  }();
  return id;
}

}  // namespace

Interruptible::Interruptible() {
  if (std::this_thread::get_id() != main_thread()) return;
  installed_ = true;
  if (depth++ > 0) return;
  interrupted = false;
  raised = false;
  struct sigaction ours = {};
  ours.sa_handler = &on_interrupt;
  sigemptyset(&ours.sa_mask);
  ::sigaction(SIGINT, &ours, &before);
}

Interruptible::~Interruptible() {
  if (!installed_ || --depth > 0) return;
  // Unless somebody has set a handler of their own meanwhile.
  struct sigaction now = {};
  ::sigaction(SIGINT, nullptr, &now);
  if (now.sa_handler == &on_interrupt) ::sigaction(SIGINT, &before, nullptr);
}

void note_keyboard_interrupt() { raised = true; }
bool take_keyboard_interrupt() { return raised.exchange(false); }

const std::atomic<bool>* Interruptible::cancelled() const {
  return installed_ ? &interrupted : nullptr;
}

}  // namespace weft::python
