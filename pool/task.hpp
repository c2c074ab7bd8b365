#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "pool/frame_memory.hpp"

namespace pool {

namespace detail {

/// What every coroutine frame knows: who waits for it.
struct frame_base {
    std::coroutine_handle<> self;
    frame_base* waits = nullptr;  // none: nobody, it is the outermost

    static void* operator new(std::size_t size) { return frame_memory::take(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        frame_memory::give_back(frame, size);
    }

    /// A frame owns the tasks that it waits for, so the outermost takes all with it.
    void destroy_all() noexcept {
        frame_base* outermost = this;
        while (outermost->waits != nullptr) outermost = outermost->waits;
        outermost->self.destroy();
    }
};

struct resume_waiting {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
        return ended.promise().waits->self;
    }
    void await_resume() const noexcept {}
};

template <class T>
struct task_promise_value : frame_base {
    std::optional<T> value;
    template <class From>
    void return_value(From&& from) {
        value.emplace(std::forward<From>(from));
    }
    T take() { return std::move(*value); }
};
template <>
struct task_promise_value<void> : frame_base {
    void return_void() const noexcept {}
    void take() const noexcept {}
};

}  // namespace detail

/// A coroutine of one worker's thread: begins when it is awaited, and goes on in whoever awaits it
/// without a detour through the event loop.  Awaited once.  A function whose value is there at once
/// returns it as a task without a frame.
///
/// asio::awaitable does the same for any executor and any thread, which costs a heap allocation and
/// several type-erased calls for each: with a dozen coroutines between a socket and a statement
/// that was a third of what a query cost in user mode (bench/point_select).
template <class T = void>
class [[nodiscard]] task {
public:
    struct promise_type : detail::task_promise_value<T> {
        std::exception_ptr failure;
        task get_return_object() noexcept {
            const auto handle = std::coroutine_handle<promise_type>::from_promise(*this);
            this->self = handle;
            return task(handle);
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        detail::resume_waiting final_suspend() const noexcept { return {}; }
        void unhandled_exception() noexcept { failure = std::current_exception(); }
    };

    /// One that has ended already.
    template <class From>
        requires std::constructible_from<T, From>
    task(From&& value) : value_(std::forward<From>(value)) {}
    task(task&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)), value_(std::move(other.value_)) {}
    task& operator=(task&&) = delete;
    ~task() {
        if (frame_) frame_.destroy();
    }

    bool await_ready() const noexcept { return !frame_; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waits) noexcept {
        frame_.promise().waits = &waits.promise();
        return frame_;
    }
    T await_resume() {
        if constexpr (!std::is_void_v<T>) {
            if (!frame_) return std::move(*value_);
        }
        promise_type& ended = frame_.promise();
        if (ended.failure) std::rethrow_exception(ended.failure);
        return ended.take();
    }

private:
    using kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    std::coroutine_handle<promise_type> frame_;
    std::optional<kept> value_{};  // if there is no frame
};

namespace detail {

/// The outermost coroutine: nobody waits for it, and it ends by itself.
struct root_task {
    struct promise_type : frame_base {
        root_task get_return_object() noexcept {
            self = std::coroutine_handle<promise_type>::from_promise(*this);
            return {this};
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
    frame_base* frame;
};

inline root_task run_to_end(task<void> what) {
    co_await what;
}

/// Goes on with a coroutine; if that will never be asked for, because its event loop has gone, the
/// coroutine ends with it.
class continuation {
public:
    explicit continuation(frame_base& frame) noexcept : frame_(&frame) {}
    continuation(continuation&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    continuation& operator=(continuation&&) = delete;
    ~continuation() {
        if (frame_ != nullptr) frame_->destroy_all();
    }
    void operator()() { std::exchange(frame_, nullptr)->self.resume(); }
    bool armed() const noexcept { return frame_ != nullptr; }
    void disarm() noexcept { frame_ = nullptr; }

private:
    frame_base* frame_;
};

}  // namespace detail

/// Runs a task by itself on the event loop `where`, or of the executor `where`, and begins it there
/// after this has returned.  An exception that leaves it ends the process.
template <class Where>
void spawn(Where&& where, task<void> what) {
    detail::continuation begin(*detail::run_to_end(std::move(what)).frame);
    boost::asio::post(std::forward<Where>(where), std::move(begin));
}

/// The completion token that makes an asynchronous operation of Asio something a task can await; it
/// gives a tuple of what the operation's handler gets.
struct awaited_t {};
inline constexpr awaited_t awaited{};

/// An operation of Asio in the frame of the task that awaits it.
template <class Initiation, class Arguments, class... Results>
class operation {
public:
    operation(Initiation begin, Arguments arguments)
        : begin_(std::move(begin)), arguments_(std::move(arguments)) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> waits) {
        std::apply(
            [&](auto&&... arguments) {
                std::move(begin_)(handler(*this, waits.promise()), std::move(arguments)...);
            },
            std::move(arguments_));
        begun_ = true;  // still here: the handler is called on this thread, after this has returned
    }
    std::tuple<Results...> await_resume() { return std::move(*results_); }

private:
    class handler {
    public:
        handler(operation& whose, detail::frame_base& waits) noexcept
            : whose_(&whose), go_on_(waits) {}
        handler(handler&& other) noexcept = default;
        handler& operator=(handler&&) = delete;
        ~handler() {
            // What could not even begin has thrown, and whoever awaits it goes on with that.
            if (go_on_.armed() && !whose_->begun_) go_on_.disarm();
        }
        void operator()(Results... results) {
            whose_->results_.emplace(std::move(results)...);
            go_on_();
        }

    private:
        operation* whose_;
        detail::continuation go_on_;
    };

    Initiation begin_;
    Arguments arguments_;
    std::optional<std::tuple<Results...>> results_{};
    bool begun_ = false;
};

}  // namespace pool

template <class... Results>
class boost::asio::async_result<pool::awaited_t, void(Results...)> {
public:
    template <class Initiation, class... Arguments>
    static auto initiate(Initiation&& begin, pool::awaited_t, Arguments&&... arguments) {
        using kept = std::tuple<std::decay_t<Arguments>...>;
        return pool::operation<std::decay_t<Initiation>, kept, std::decay_t<Results>...>(
            std::forward<Initiation>(begin), kept(std::forward<Arguments>(arguments)...));
    }
};
